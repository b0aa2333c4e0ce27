// The chart of the frontier. `data`: the JSON of figure, config and alt, in bytes. A click on a point triggers `clicked`
// with what the point carries.

const SOURCE = "app/static/plotly-gl2d.min.js";
const FULL_SCREEN = {
  name: "Full screen",
  title: "Full screen",
  icon: { width: 24, height: 24, path: "M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z" },
  click: (plot) => (document.fullscreenElement ? document.exitFullscreen() : plot.requestFullscreen()),
};

// a page of the board may have asked for the library already
function library() {
  window.paretonlpPlotly ??= new Promise((loaded, failed) => {
    if (window.Plotly) return loaded(window.Plotly);
    let script = document.querySelector(`script[src$="${SOURCE}"]`);
    if (!script) {
      script = document.createElement("script");
      script.src = SOURCE;
      document.head.append(script);
    }
    script.addEventListener("load", () => loaded(window.Plotly));
    script.addEventListener("error", failed);
  });
  return window.paretonlpPlotly;
}

export default function ({ data, parentElement, setTriggerValue }) {
  let place = parentElement.querySelector(".paretonlp-chart");
  if (!place) {
    place = document.createElement("div");
    place.className = "paretonlp-chart";
    place.setAttribute("role", "figure");
    parentElement.append(place);
  }
  library().then(async (plotly) => {
    const { figure, config, alt } = JSON.parse(new TextDecoder().decode(data));
    place.setAttribute("aria-label", alt);
    await plotly.react(place, figure.data, figure.layout, { ...config, modeBarButtonsToAdd: [FULL_SCREEN] });
    place.removeAllListeners("plotly_click");
    place.on("plotly_click", ({ points }) => {
      const [{ customdata }] = points;
      if (customdata !== undefined) setTriggerValue("clicked", customdata);
    });
  });
  // this ends before the next figure, too, which the same place shows
  return () => setTimeout(() => place.isConnected || window.Plotly?.purge(place));
}
