"""Fetching the ERP's export: from a folder of this machine, or from a server of the public Internet."""
