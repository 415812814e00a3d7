"""What leaves the lab, and what comes in: tables, event files, pictures, pages, models."""
