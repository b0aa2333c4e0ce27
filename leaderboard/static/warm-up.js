// Starts what draws canvases of many points, beside the loading of everything else: a browser without a graphics card
// takes the better part of a second for it, and would take it when the chart is waited for.
if (window.OffscreenCanvas) {
  new Worker(URL.createObjectURL(new Blob(['new OffscreenCanvas(1, 1).getContext("webgl")'])));
}
