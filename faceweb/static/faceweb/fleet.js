// Keeps the fleet's figures fresh while somebody looks at the page.
const live = document.getElementById("live");
const SECONDS = 3;

async function refresh() {
  if (!document.hidden) {
    try {
      const answer = await fetch("?part");
      if (answer.ok) live.innerHTML = await answer.text();
    } catch { /* the next round tries again */ }
  }
  setTimeout(refresh, SECONDS * 1000);
}
setTimeout(refresh, SECONDS * 1000);
