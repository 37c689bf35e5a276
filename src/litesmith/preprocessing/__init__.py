"""What an app does before it calls a model: the text and hashing layers of Keras in plain Python and numpy."""
