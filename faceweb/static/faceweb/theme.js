// Before the page is drawn: that scripts run, and the theme that its visitor chose.
document.documentElement.className = "scripted";
try {
  document.documentElement.dataset.theme = localStorage.getItem("theme") || "";
} catch { /* a browser that keeps nothing follows its system */ }
