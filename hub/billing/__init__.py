"""What accounts bought and used: orders, statements, figures, and warnings about credits."""
