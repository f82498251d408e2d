"""Files of contacts: uploaded, looked through before anything is stored, then stored chunk by chunk."""
