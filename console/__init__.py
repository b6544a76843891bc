"""What people touch: the command line. It draws and wires the other folders together and owns no rules."""
