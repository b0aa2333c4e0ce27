"""The leaderboard: a Streamlit app over the reports of a store. It reads reports, and nothing else."""
