"""Who is texted, and who must not be: suppressions."""
