// Stands for any bundler: minifies the style sheet into static/.
const fs = require("node:fs");

const source = fs.readFileSync("assets/style.css", "utf8");
fs.mkdirSync("static", { recursive: true });
fs.writeFileSync("static/style.css", source.replace(/\s+/g, " ").trim());
console.log("wrote static/style.css");
