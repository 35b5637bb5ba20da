const box = document.getElementById("find");
const rows = [...document.querySelectorAll("[data-find] tbody tr")];
const told = document.getElementById("found");
box.closest("[role=search]").hidden = false;
box.addEventListener("input", () => {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    shown += !row.hidden;
  }
  told.textContent = told.dataset.words.replace("{n}", shown);
});
