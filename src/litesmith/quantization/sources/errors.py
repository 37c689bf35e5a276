"""What is raised for data that no model, or not this one, can be calibrated with."""


class UnfitData(ValueError):
    """The data cannot be given to the model, or there is none."""
