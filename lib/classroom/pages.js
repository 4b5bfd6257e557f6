// Shows a page in frames: a part of pages.py, which puts in the FACTS. It runs in the browser, which alone knows
// where it is. In JupyterLab, the settings in the document have the base URL. On a plain laptop the server is next
// door; anywhere else, such as on a JupyterHub, jupyter-server-proxy passes on what comes to <base URL>proxy/<port>/.
(async box => {
  const facts = FACTS;

  async function answers(address) {
    try {
      const response = await fetch(address, {mode: "no-cors"});
      return response.ok || response.type === "opaque";  // opaque: from the server next door, and not for us to read
    } catch {
      return false;
    }
  }

  async function findAddress() {
    const settings = document.getElementById("jupyter-config-data");
    if (!settings) return facts.elsewhere;
    const base = JSON.parse(settings.textContent).baseUrl;
    const isLaptop = location.protocol === "http:" && ["127.0.0.1", "localhost"].includes(location.hostname);
    const direct = `http://127.0.0.1:${facts.port}/${facts.path}`;
    if (isLaptop && base === "/" && await answers(direct)) return direct;
    const proxied = new URL(`${base}proxy/${facts.port}/${facts.path}`, location.href).href;
    return await answers(proxied) ? proxied : null;
  }

  const address = await findAddress();
  if (!address) {
    box.textContent = "No server answers here. Run the cell that starts it, and then this one.";
    return;
  }
  const row = document.createElement("div");
  row.style.cssText = "display: flex; flex-wrap: wrap; gap: 8px";
  for (let number = 1; number <= facts.tabs; number++) {
    const frame = document.createElement("iframe");
    frame.title = `Tab ${number} of ${facts.tabs}`;
    frame.src = address;
    frame.style.cssText = "flex: 1 1 180px; min-width: 0; border: 1px solid #8888; border-radius: 6px";
    frame.style.height = `${facts.height}px`;
    const isLight = document.body.dataset.jpThemeLight;
    if (isLight) frame.style.colorScheme = isLight === "true" ? "light" : "dark";  // the theme of JupyterLab
    row.append(frame);
  }
  const link = document.createElement("a");
  Object.assign(link, {href: address, target: "_blank", textContent: "Open the page in a tab of its own"});
  box.replaceChildren(row, link);
})(document.currentScript.parentElement);
