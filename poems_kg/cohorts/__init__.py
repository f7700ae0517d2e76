"""Cohorts: files of millions of patients become one row a patient, on all cores of a machine or on Apache Spark."""
