"""The figures as a table in Markdown, and its place in docs/performance.md."""
import pathlib
import statistics

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/performance.md"


def rate(value):
    return f"{value:,.0f}"


def ratio(value):
    return f"{value:.2f}"


def cell(values, form):
    """Median (smallest - largest)."""
    if isinstance(values, str):
        return "-"
    if len(values) == 1:
        return form(values[0])
    return f"{form(statistics.median(values))} ({form(min(values))} - {form(max(values))})"


def size(row):
    threads = f", {row['threads']} threads a rank" if row["threads"] > 1 else ""
    return f"{row['ranks']} x {row['batch']}{threads}"


def ratios(figures, of, to):
    """Round by round, so that what slows the whole machine down for a while cancels; None if either did not run."""
    if isinstance(figures[of], str) or isinstance(figures[to], str):
        return None
    return [a / b for a, b in zip(figures[of], figures[to])]


def render(rows, sides):
    """rows: {recipe, ranks, threads, batch, samples_per_second: {side: [per round] or reason}}. The first side is
    compared with each of the others."""
    first, others = sides[0], sides[1:]
    header = ["recipe", "ranks x samples", *(f"{side}, samples/s" for side in sides),
              *(f"{first} / {side}" for side in others)]
    lines = [f"| {' | '.join(header)} |", "|---" * len(header) + "|"]
    for row in rows:
        figures = row["samples_per_second"]
        cells = [row["recipe"], size(row), *(cell(figures[side], rate) for side in sides)]
        for side in others:
            values = ratios(figures, first, side)
            cells.append("-" if values is None else cell(values, ratio))
        lines.append(f"| {' | '.join(cells)} |")
    reasons = [f"{row['recipe']}, {size(row)}: {side} {values}" for row in rows
               for side, values in row["samples_per_second"].items() if isinstance(values, str)]
    return "\n".join(lines + [""] * bool(reasons) + [f"- {reason}" for reason in reasons])


def write(name, conditions, text):
    """Replaces what stands between the markers of that name."""
    where = (f"{conditions['machine']}; {conditions['rounds']} rounds of {conditions['seconds']:g} s; commit "
             f"{conditions['commit']}; load average before: {conditions['load_average_before']:.1f}.")
    begin, end = f"<!-- compare {name}: begin -->", f"<!-- compare {name}: end -->"
    page = PAGE.read_text()
    if begin not in page or end not in page:
        raise SystemExit(f"{PAGE.name} has no markers '{begin}' and '{end}'; put them where the table belongs")
    PAGE.write_text(page.split(begin)[0] + f"{begin}\n{where}\n\n{text}\n{end}" + page.split(end, 1)[1])
