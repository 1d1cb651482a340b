// Find, filter and sort the students of a report. Without this script all are there, by name.
"use strict";

const table = document.querySelector(".class");
if (table) {
  const form = document.getElementById("find");
  const body = table.tBodies[0];
  const heads = Array.from(table.tHead.rows[0].cells);
  const students = Array.from(body.rows, studentOf);
  const collator = new Intl.Collator(undefined, { numeric: true });

  heads.forEach(makeSortable);
  heads[0].setAttribute("aria-sort", "ascending");
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  addEventListener("hashchange", open);
  form.hidden = false;
  filter();
  open();

  // A row of the table, the part of the page about the same student, and what both are found by.
  function studentOf(row) {
    const part = document.getElementById(row.cells[0].firstElementChild.hash.slice(1)).parentElement;
    const about = Array.from(row.querySelectorAll("th, .text"), (cell) => cell.textContent);
    return { row, part, text: plain(about.join(" ")) };
  }

  // Lower case, without accents: "jose" finds José.
  function plain(text) {
    return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  }

  function filter() {
    const words = plain(form.elements.text.value).split(/\s+/);
    let shown = 0;
    for (const one of students) {
      const fits = words.every((word) => one.text.includes(word)) && isChosen(one.row);
      one.row.hidden = one.part.hidden = !fits;
      shown += fits;
    }
    form.querySelector("output").textContent = `${shown} of ${students.length}`;
  }

  function isChosen(row) {
    const { section, team, missing, needs } = form.elements;
    return is(row, section) && is(row, team)
      && (!missing.value || row.cells[missing.value].className === "nothing")
      && (!needs.checked || "needs" in row.dataset);
  }

  // Does the row have what was chosen in this list, if there is one and something was chosen?
  function is(row, list) {
    return !list?.value || row.querySelector(`td.${list.name}`).textContent === list.value;
  }

  function makeSortable(head) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(head));
  }

  function sort(head) {
    const order = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const keyed = students.map((one) => ({ ...one, key: keyOf(one.row.cells[head.cellIndex], head) }));
    keyed.sort((a, b) => compare(a.key, b.key, sign));
    body.append(...keyed.map((one) => one.row));
    keyed[0]?.part.parentElement.append(...keyed.map((one) => one.part));
  }

  // The text or the number of a cell; null, which comes last in both orders, where there is none.
  function keyOf(cell, head) {
    if (head.classList.contains("text")) return cell.textContent || null;
    const number = parseFloat(cell.textContent);
    return Number.isNaN(number) ? null : number;
  }

  function compare(a, b, sign) {
    if (a === null || b === null) return (a === null) - (b === null);
    return sign * (typeof a === "number" ? a - b : collator.compare(a, b));
  }

  // Show the part of the page that an address such as #s12 names.
  function open() {
    const part = document.getElementById(location.hash.slice(1))?.parentElement;
    if (part?.className !== "student") return;
    part.hidden = false;
    part.open = true;
  }
}
