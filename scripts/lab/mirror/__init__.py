"""The mirror: a proxy before an emulator of the Proxmox VE API that lets real containers follow what the API is told.

The emulator judges requests (parameters, locks, ids) and keeps the configuration. The mirror does to containers what the
request asked for, ends the task when that is done, and answers with their state and addresses instead of the emulator's.
"""
