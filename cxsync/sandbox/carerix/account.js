"use strict";
// Carerix opens a document of the list in a window of its own; a browser that blocks it returns no window.
const form = document.getElementById("documents");
const list = document.getElementById("document");
const opened = document.getElementById("opened");
const blocked = document.getElementById("blocked");
const direct = document.getElementById("direct");

function open(event) {
  event.preventDefault();
  opened.hidden = true;
  blocked.hidden = true;
  if (!list.value) return;
  const pop_up = window.open(list.value, "cx-document", "popup,width=720,height=820");
  if (pop_up) {
    opened.hidden = false;
  } else {
    direct.href = list.value;
    direct.textContent = list.selectedOptions[0].textContent;
    blocked.hidden = false;
  }
}

form.addEventListener("submit", open);
list.addEventListener("change", open);
