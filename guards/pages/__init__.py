"""What the pages of guards show, made from figures. Pure: no Django, no database."""
