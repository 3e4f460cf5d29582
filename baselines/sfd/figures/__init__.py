"""Pictures that look into a trained model: the inspection of the paper's section III-E."""
