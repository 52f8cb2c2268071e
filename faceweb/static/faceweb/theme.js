// Before the page is drawn: that scripts run, and the theme that its visitor chose.
document.documentElement.className = "scripted";
document.documentElement.dataset.theme = "auto";
try {
  document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";
} catch { /* a browser that keeps nothing follows its system */ }
