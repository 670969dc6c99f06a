"""Taking names, places, dates, numbers and addresses out of a text, in English and Spanish."""
