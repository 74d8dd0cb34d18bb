"""Batch jobs on Cloud TPUs, and a check of the train steps that needs no TPU."""
