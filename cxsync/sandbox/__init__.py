"""Servers that speak as Carerix, Exchange and Google do, written from those protocols' documentation alone.

Nothing here imports this program's calendar clients, and no client imports anything from here: only so does a test
between the two prove something.
"""
