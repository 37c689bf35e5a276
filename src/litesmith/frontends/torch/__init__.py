"""torch: exported programs (`torch.export`) as graphs."""
