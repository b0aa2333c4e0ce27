# The leaderboard over the submissions of this repository, for any host of containers.
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 board
WORKDIR /home/board/app
COPY --chown=board constraints.txt pyproject.toml README.md LICENSE ./
COPY --chown=board docs/cost.md docs/cost.md
COPY --chown=board harness harness
COPY --chown=board baselines baselines
COPY --chown=board leaderboard leaderboard
# pip reads it by itself: with an index of torch's builds for CPUs alone, the image is a tenth of the size
ARG PIP_EXTRA_INDEX_URL
RUN pip install --no-cache-dir -c constraints.txt -e ".[leaderboard]"
COPY --chown=board submissions submissions

USER board
EXPOSE 8501
HEALTHCHECK --start-period=2m CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://localhost:8501/_stcore/health')"]
CMD ["paretonlp", "leaderboard", "--store", "submissions", "--address", "0.0.0.0", "--port", "8501"]
