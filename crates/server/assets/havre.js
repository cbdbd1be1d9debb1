"use strict";
// Text from the server only ever becomes text: textContent, or a page that the server has escaped.

const MOST_LINES = 5000;

function problem(text) {
  const place = document.getElementById("problem");
  if (!place) return;
  place.textContent = text;
  place.hidden = !text;
}

function words(body) {
  const errors = body.errors && body.errors.length ? body.errors.join("\n") : body.error || "It did not work.";
  return body.details ? errors + "\n" + body.details : errors;
}

async function ask(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  try {
    const answer = await fetch(path, options);
    const read = await answer.json();
    problem(answer.ok ? "" : words(read));
    return answer.ok ? read : null;
  } catch {
    problem("The server does not answer. Try again in a few seconds.");
    return null;
  }
}

// ---- live parts: fetched again when something happened

let refreshing = false;
let again = false;
async function refresh() {
  if (refreshing) { again = true; return; }
  refreshing = true;
  try {
    const answer = await fetch(location.pathname);
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("live");
      const old = document.getElementById("live");
      if (fresh && old) {
        const told = document.getElementById("problem");
        old.replaceWith(document.adoptNode(fresh));
        if (told && !told.hidden) problem(told.textContent);
      }
    }
  } catch { /* the stream of events says when the server is back */ }
  refreshing = false;
  if (again) { again = false; setTimeout(refresh, 300); }
}

function listen() {
  const live = document.getElementById("live");
  if (!live || !live.dataset.events) return;
  const events = new EventSource(live.dataset.events);
  for (const kind of ["status", "release", "step", "warning"]) events.addEventListener(kind, refresh);
  let opened = false;
  events.addEventListener("open", () => { if (opened) refresh(); opened = true; });
}

// ---- logs

let log = null;
function follow(kind) {
  const section = document.querySelector(".logs");
  const out = document.getElementById("log");
  if (!section || !out) return;
  if (log) log.close();
  out.textContent = "";
  for (const button of section.querySelectorAll("[data-log]")) {
    button.setAttribute("aria-pressed", String(button.dataset.log === kind));
  }
  const path = "/api/deployments/" + encodeURIComponent(section.dataset.deployment) + "/logs";
  log = new EventSource(path + (kind === "build" ? "?build=true" : "?n=500"));
  log.addEventListener("line", (event) => {
    const atEnd = out.scrollTop + out.clientHeight >= out.scrollHeight - 30;
    out.append(JSON.parse(event.data).line + "\n");
    while (out.childNodes.length > MOST_LINES) out.firstChild.remove();
    if (atEnd) out.scrollTop = out.scrollHeight;
  });
  log.addEventListener("end", () => log.close());
}

// ---- buttons and the form

const SURE = {
  stop: (name) => "Stop " + name + "? It no longer answers until it is started.",
  destroy: (name) => "Destroy " + name + "? Its guests, artifacts and data are removed. This cannot be undone.",
};

async function act(button) {
  const { deployment, name } = document.querySelector(".actions").dataset;
  const action = button.dataset.action;
  if (SURE[action] && !confirm(SURE[action](name))) return;
  button.disabled = true;
  const path = "/api/deployments/" + encodeURIComponent(deployment);
  const body = button.dataset.version ? { version: button.dataset.version } : {};
  const answer = action === "destroy"
    ? await ask("DELETE", path)
    : await ask("POST", path + "/" + action, body);
  button.disabled = false;
  if (answer && action === "destroy") { location.assign("/dashboard"); return; }
  if (answer) {
    refresh();
    if (action === "redeploy") follow("build");
  }
}

function environment(text) {
  const vars = {};
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) vars[line.slice(0, at).trim()] = line.slice(at + 1).replace(/\r$/, "");
    else if (line.trim()) throw new Error("Environment: `" + line.trim() + "` is not KEY=value.");
  }
  return vars;
}

function request(form) {
  const fields = new FormData(form);
  const body = {};
  for (const key of ["name", "github_url", "deployment_type", "framework", "ref", "root"]) {
    const value = String(fields.get(key) || "").trim();
    if (value) body[key] = value;
  }
  for (const key of ["cores", "memory", "disk"]) {
    const value = String(fields.get(key) || "");
    if (value) (body.resources ??= {})[key] = Number(value);
  }
  const env = environment(String(fields.get("env") || ""));
  if (Object.keys(env).length) body.env_vars = env;
  return body;
}

async function deploy(form) {
  let body;
  try { body = request(form); } catch (error) { problem(error.message); return; }
  const button = form.querySelector("button");
  button.disabled = true;
  const answer = await ask("POST", "/api/deploy", body);
  button.disabled = false;
  if (answer) location.assign("/deployments/" + encodeURIComponent(answer.deployment.id) + "#build");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-action], button[data-log]");
  if (!button) return;
  if (button.dataset.log) follow(button.dataset.log);
  else act(button);
});
document.addEventListener("submit", (event) => {
  if (event.target.id !== "deploy") return;
  event.preventDefault();
  deploy(event.target);
});
listen();
const first = document.querySelector(".logs");
if (first) follow(location.hash === "#build" ? "build" : first.dataset.first);
