/* The search box on anybody's page: <search-bar src="https://search.example/"></search-bar>, and a plain form where the server does not answer. */
"use strict";
(() => {
if (customElements.get("search-bar")) return;
const HOME = document.currentScript?.src, MOST = 30, LATE = 20000;
/* Only what must be said where no server answers; all else is in the page's messages. */
const WORDS = {
	en: { search: "Search", away: "The search cannot be reached now. It is tried again by itself.", elsewhere: "The search cannot be shown on this page. This form opens it on its own." },
	de: { search: "Suchen", away: "Die Suche ist gerade nicht erreichbar. Sie wird von selbst wieder versucht.", elsewhere: "Die Suche kann auf dieser Seite nicht gezeigt werden. Dieses Formular öffnet ihre eigene." },
	es: { search: "Buscar", away: "Ahora no se puede llegar al buscador. Se vuelve a intentar solo.", elsewhere: "El buscador no se puede mostrar en esta página. Este formulario abre la suya." },
	fr: { search: "Rechercher", away: "La recherche est inaccessible pour le moment. Un nouvel essai se fait tout seul.", elsewhere: "La recherche ne peut pas s’afficher sur cette page. Ce formulaire ouvre la sienne." },
};
/* Nothing of the host's own style comes in but its colour scheme and these variables; all colours follow from three. */
const STYLE = `
:host { all: initial; display: block; container-type: inline-size; color-scheme: inherit; font-size: medium;
	--accent: light-dark(var(--searchbar-accent, #0b6a5a), var(--searchbar-dark-accent, oklch(from var(--searchbar-accent, #74d3bf) max(l, .8) min(c, .13) h)));
	--paper: light-dark(var(--searchbar-background, #fcfbf9), var(--searchbar-dark-background, #171716));
	--ink: light-dark(var(--searchbar-text, #1f1e1b), var(--searchbar-dark-text, #ecebe6));
	--soft: color-mix(in oklab, var(--ink) 74%, var(--paper)); --line: color-mix(in oklab, var(--ink) 16%, var(--paper));
	--wash: color-mix(in oklab, var(--ink) 5%, var(--paper)); --tint: color-mix(in oklab, var(--accent) 14%, var(--paper));
	--edge: 1px solid var(--line); --round: var(--searchbar-radius, 12px); }
:host([hidden]) { display: none; }
:host([theme=light]) { color-scheme: light; }
:host([theme=dark]) { color-scheme: dark; }
:host([theme=system]) { color-scheme: light dark; }
:host .searchbar { min-height: 0; padding: 0 1rem; border-radius: var(--round); position: relative; }
:host header { padding: 1rem 0 .5rem; grid-template-columns: 13rem minmax(0, 1fr); }
:host main { grid-template-columns: 13rem minmax(0, 1fr); padding-bottom: 1.5rem; }
:host :is(.skip, #ask kbd, .home h1) { display: none; }
:host .home { padding-top: .5rem; }
:host .home p + p { margin-top: 1.25rem; }
:host .progress { position: absolute; }
:host .brand { justify-self: start; }
:host .head { flex-wrap: wrap; }
:host .head h1 { flex: 1 0 auto; }
/* A dialog of the host cuts off what is longer than the box. */
:host .inside:has(#suggestions:not([hidden])) { min-height: 30rem; }
:host .inside #suggestions { max-height: 22rem; }
:host .ending { padding: 1.5rem 0; }
:host dialog.filters { max-width: 40rem; margin-inline: auto; }
@container (max-width: 52rem) {
	:host header { grid-template-columns: minmax(0, 1fr); }
	:host #ask { grid-area: auto; }
	:host main { display: block; }
}
.form { font: 1rem/1.55 var(--searchbar-font, Inter, system-ui, sans-serif); color: var(--ink); background: var(--paper); padding: .75rem 1rem; border-radius: var(--round); }
.form form { display: flex; flex-wrap: wrap; gap: .5rem; }
.form :is(input, button) { font: inherit; color: inherit; padding: .5rem .75rem; border: 1px solid var(--soft); border-radius: var(--round); background: var(--wash); }
.form input { flex: 1 1 9rem; min-width: 0; box-sizing: border-box; }
.form button { background: var(--accent); border-color: var(--accent); color: var(--paper); cursor: pointer; }
.form p { margin: .5rem 0 0; }
.form p:empty { display: none; }
.form :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }`;

const element = (name, props = {}, ...kids) => {
	const node = document.createElement(name);
	for (const key in props) if (props[key] != null) node.setAttribute(key, props[key]);
	node.append(...kids);
	return node;
};

/* The server's page as a document: parsed by the request itself, which trusted types leave alone. */
const pageOf = (base, headers) => new Promise((done, failed) => {
	const request = new XMLHttpRequest();
	request.open("GET", base);
	request.responseType = "document";
	request.timeout = LATE;
	for (const name in headers) request.setRequestHeader(name, headers[name]);
	request.onload = () => {
		const page = request.response;
		page?.querySelector(".searchbar .state") ? done(page) : failed(request.status);
	};
	request.onerror = request.ontimeout = () => failed(0);
	request.send();
});
/* Who answers a question whose answer nobody may read is there, and does not allow this page. */
const answers = (base) => fetch(base + "livez", { mode: "no-cors" }).then(() => true, () => false);

/* The script of a server's page, one after the other: each leaves its own behind. */
const scripts = new Map();
let last = Promise.resolve(), loads = 0;
const scriptOf = (url) => {
	/* Browsers remember what could not be loaded, by its whole address. */
	const load = async () => (await import(`${url}#${++loads}`), globalThis[Symbol.for("searchbar")]);
	if (!scripts.has(url)) {
		last = last.then(load, load);
		scripts.set(url, last);
		last.catch(() => scripts.delete(url));
	}
	return scripts.get(url);
};
const textOf = async (url) => {
	const reply = await fetch(url);
	if (!reply.ok) throw reply.status;
	return reply.text();
};
const sheetOf = (css) => {
	const sheet = new CSSStyleSheet();
	sheet.replaceSync(css);
	return sheet;
};

/* What is typed into the box is no shortcut of the page around it. */
const typing = (event) => {
	const letter = event.key?.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
	if (letter && event.target.localName === "input") event.stopPropagation();
};

customElements.define("search-bar", class extends HTMLElement {
	static observedAttributes = ["src", "lang", "key", "limit", "placeholder", "target"];
	#root = this.attachShadow({ mode: "open" });
	#set;
	#show;
	#shown = "";
	#run = 0;
	#tries = 0;
	#timer;
	#follow = () => {
		const asked = this.#asked();
		if (!this.#show || asked === this.#shown) return;
		this.#shown = asked;
		this.#show(asked);
	};

	connectedCallback() {
		addEventListener("popstate", this.#follow);
		this.#root.addEventListener("keydown", typing);
		this.#show ? this.#follow() : this.#begin();
	}
	disconnectedCallback() {
		removeEventListener("popstate", this.#follow);
		clearTimeout(this.#timer);
	}
	attributeChangedCallback(name, before, value) {
		if (before === value || !this.isConnected) return;
		if (this.#show && /placeholder|target/.test(name)) return this.#adorn();
		this.#show = null;
		this.#begin();
	}

	/* A router may set several attributes at once: begun once, by the last of them. */
	async #begin() {
		const run = ++this.#run, given = (name) => this.getAttribute(name);
		clearTimeout(this.#timer);
		await null;
		if (run !== this.#run || !this.isConnected) return;
		let base;
		try { base = new URL(".", new URL(given("src") ?? HOME, document.baseURI)).href; } catch {
			return console.error("search-bar: give the address of the search server, such as src=\"https://search.example/\".");
		}
		if (!this.#root.querySelector(".form")) this.#form(base);
		const asks = { "X-API-Key": given("key"), "Accept-Language": this.lang };
		const headers = Object.fromEntries(Object.entries(asks).filter(([, value]) => value));
		try {
			const page = await pageOf(base, headers);
			const css = page.querySelector("link[rel=stylesheet]").href, script = page.querySelector("script[data-page]").src;
			const [style, start] = await Promise.all([textOf(css), scriptOf(script)]);
			if (run === this.#run) this.#open(page, style, start, base, headers);
		} catch (error) {
			if (run === this.#run) this.#away(base, error);
		}
	}
	#open(page, style, start, base, headers) {
		const root = this.#root, typed = root.querySelector("input"), focused = root.activeElement === typed;
		const state = page.querySelector(".state"), box = page.querySelector(".searchbar"), { lang, dir } = page.documentElement;
		const set = JSON.parse(state.textContent), limit = parseInt(this.getAttribute("limit"), 10);
		state.remove();
		page.querySelector(".theme").remove();
		if (limit > 0) set.size = Math.min(limit, set.most);
		this.#set = set;
		/* A host's root may have any size of letters: the box counts by its own. */
		const letter = parseFloat(getComputedStyle(this).fontSize);
		const sized = (css) => sheetOf(css.replace(/(\d*\.?\d+)rem\b/g, (_, n) => n * letter + "px").replace(/\bmain(?=[ ,])/g, ".main"));
		root.adoptedStyleSheets = [sized(style), sized(STYLE)];
		/* The landmarks of a page are the host's; of the box only the search is one. */
		for (const part of box.querySelectorAll("header, footer, #results")) part.setAttribute("role", "group");
		const main = box.querySelector("main"), aside = box.querySelector("aside"), named = aside.getAttribute("aria-label");
		aside.replaceWith(element("div", { class: "facets", role: "group", "aria-label": named }, ...aside.childNodes));
		main.replaceWith(element("div", { class: "main" }, ...main.childNodes));
		box.classList.toggle("inside", !!this.closest("dialog, [role=dialog], [popover]"));
		root.replaceChildren(Object.assign(document.importNode(box, true), { lang, dir }));
		this.#tries = 0;
		this.#show = start(root, base, { headers, set, moved: (query) => this.#moved(query) });
		this.#adorn();
		this.#shown = "";
		this.#follow();
		const input = root.querySelector("#q");
		if (typed?.value && !input.value) input.value = typed.value, input.dispatchEvent(new Event("input"));
		if (focused) input.focus();
	}
	#adorn() {
		const root = this.#root, input = root.querySelector("#q"), text = this.getAttribute("placeholder") ?? input.placeholder;
		this.#set.target = this.getAttribute("target");
		for (const link of root.querySelectorAll(".hit h2 a")) link.target = this.#set.target || "";
		root.querySelector("#ask").setAttribute("aria-label", text);
		input.placeholder = text;
		root.querySelector("label[for=q]").textContent = text;
	}

	/* ---- no answer ---- */
	#words() {
		const wanted = [this.lang, ...navigator.languages].map((each) => each.slice(0, 2).toLowerCase());
		const lang = wanted.find((each) => Object.hasOwn(WORDS, each)) || "en";
		return { lang, ...WORDS[lang] };
	}
	#form(base) {
		const { lang, search } = this.#words(), label = this.getAttribute("placeholder") ?? search;
		this.#root.adoptedStyleSheets = [sheetOf(STYLE.replace(/rem\b/g, "em"))];
		this.#root.replaceChildren(element("div", { class: "form", lang },
			element("slot", {}, element("form", { role: "search", action: base, target: this.getAttribute("target") },
				element("input", { name: "q", "aria-label": label, placeholder: label, autocomplete: "off" }), element("button", {}, search))),
			element("p", { role: "status" })));
	}
	async #away(base, error) {
		const run = this.#run, foreign = error === 401 || (error === 0 && await answers(base));
		if (run !== this.#run) return;
		this.#root.querySelector("[role=status]").textContent = this.#words()[foreign ? "elsewhere" : "away"];
		/* A proxy before a server that restarts looks like one that does not allow this page: asked again, but seldom. */
		const after = Math.min(MOST, 2 ** ++this.#tries) * (foreign ? 60 : 1);
		if (error !== 401 && this.isConnected) this.#timer = setTimeout(() => this.#begin(), 1000 * after);
		console.warn(`search-bar: ${base} ` + (error === 401 ? "needs a key: give it as key=\"…\"." : foreign
			? `does not allow this page: add ${location.origin} to its SEARCHBAR_ORIGINS.` : "cannot be reached, or this page's policy forbids it in connect-src or script-src."));
	}

	/* ---- the question in the host's address, where it is wished ---- */
	get #mark() { return `#${this.id}?`; }
	#asked() {
		const { hash } = location;
		return this.getAttribute("sync") === "hash" && hash.startsWith(this.#mark) ? hash.slice(this.#mark.length) : "";
	}
	#moved(query) {
		if (this.getAttribute("sync") !== "hash" || query === this.#asked()) return;
		this.#shown = query;
		history.pushState(history.state, "", location.href.split("#")[0] + (query && this.#mark + query));
	}
});
})();
