// The smallest Express app that says which release it is.
const express = require("express");

const app = express();
const release = process.env.HAVRE_RELEASE || "unreleased";
const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>express-hello</title>
<style>body{font:18px/1.5 system-ui,sans-serif;max-width:36rem;margin:12vh auto;padding:0 1rem;color:#222}h1{font-size:1.6rem}code{background:#eee;padding:.1em .3em;border-radius:4px}</style>
<h1>express-hello</h1>
<p>Express.js on Node.js ${process.versions.node}, release <code>${escape(release)}</code>.</p>
</html>
`;

function escape(text) {
  return text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
}

app.get("/", (_request, response) => response.send(page));
app.listen(process.env.PORT || 3000, process.env.HOST || "0.0.0.0");
