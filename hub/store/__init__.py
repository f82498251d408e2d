"""The database: SQLite on one machine, PostgreSQL when it grows. What is true is what stands here."""
