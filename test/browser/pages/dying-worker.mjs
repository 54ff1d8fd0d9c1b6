// The library's worker, with a way to make it end as a worker ends that the browser kills.
import "/dist/millrace-worker.js";

new BroadcastChannel("end the worker").onmessage = () => globalThis.close();
