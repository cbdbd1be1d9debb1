const express = require("express");

const app = express();
app.get("/", (_request, response) => response.send("the web"));
app.listen(process.env.PORT);
