/* Here is a form with grades: give me one key press for each, and where I am. */
"use strict";
const form = document.querySelector("form[method=post]");
const items = [...document.querySelectorAll(".pool > li")];
let at = -1;

const show = (next) => {
	at = Math.max(0, Math.min(next, items.length));
	items.forEach((item, i) => item.classList.toggle("now", i === at));
	const judged = items.filter((item) => item.querySelector(":checked")).length;
	document.querySelector("progress").value = judged;
	document.querySelector("#progress").textContent = `${judged} of ${items.length} results judged`;
	const focus = items[at] ? items[at].querySelector(":checked") || items[at].querySelector("input") : form.querySelector("button");
	focus.focus({ preventScroll: true });
	(items[at] || focus).scrollIntoView({ block: "center" });
};

const press = (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey) return;
	const grade = items[at]?.querySelector(`input[value="${CSS.escape(event.key)}"]`);
	if (/^[0-3]$/.test(event.key) && grade) {
		grade.checked = true;
		show(at + 1);
	} else if (event.key === "ArrowLeft" || event.key === "Backspace") show(at - 1);
	else if (event.key === "ArrowRight") show(at + 1);
	else if (event.key === "Enter" && event.target.tagName !== "A" && event.target.tagName !== "BUTTON") form.requestSubmit();
	else return;
	event.preventDefault();
};

if (form && items.length) {
	document.addEventListener("keydown", press);
	form.addEventListener("change", () => show(at));
	form.addEventListener("click", (event) => {
		const item = items.indexOf(event.target.closest(".pool > li"));
		if (item >= 0 && event.target.tagName === "INPUT") at = item;
	});
	show(0);
}
