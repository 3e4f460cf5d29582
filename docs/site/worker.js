// A page that was opened from a file may not start a worker. The theme would fetch a stand-in for it from another host;
// this one runs the worker's script in a hidden frame of the page.
(() => {
  if (location.protocol !== "file:") return;
  window.Worker = function (url) {
    const worker = new EventTarget(), waiting = [];
    const frame = document.createElement("iframe");
    let ready = false;
    frame.hidden = true;
    document.body.appendChild(frame);
    const inside = frame.contentWindow;
    const send = (data) => inside.dispatchEvent(new inside.MessageEvent("message", {data}));
    inside.postMessage = (data) => worker.dispatchEvent(new MessageEvent("message", {data}));
    worker.postMessage = (data) => (ready ? send(data) : waiting.push(data));
    worker.terminate = () => frame.remove();
    worker.addEventListener("message", (event) => worker.onmessage && worker.onmessage(event));
    const script = inside.document.createElement("script");
    script.src = new URL(url, location.href).href;
    script.onload = () => { ready = true; waiting.splice(0).forEach(send); };
    inside.document.body.appendChild(script);
    return worker;
  };
})();
