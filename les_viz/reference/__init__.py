"""Numbers from elsewhere to hold a model against: tight binding, formal charges, tensors in the user's file."""
