"""Information to situations: cases, surges, ideas."""
