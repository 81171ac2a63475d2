"""A lender's database in the lab, and the story of its recovery. The benchmark tells parts of the same story."""
