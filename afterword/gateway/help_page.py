"""`/help`: the help lines of every country, without a link, a script or the records."""

from starlette.requests import Request
from starlette.responses import Response

from afterword.gateway.context import context_of
from afterword.gateway.pages import render
from afterword.gateway.safe_lines import Speaker


async def page(request: Request) -> Response:
    """All that is known, by country; `lang` chooses the language."""
    context = context_of(request)
    catalogues = context.guard.catalogues
    wanted = request.query_params.get("lang", "")
    catalogue = catalogues.get(wanted, catalogues["en"])

    language = catalogue.language
    countries = [
        (country.name.get(language, country.name["en"]), Speaker(catalogue, country).all_links())
        for country in context.guard.help.countries
    ]
    tell = catalogue.section("safety")
    texts = context.catalogue(language)
    return render(context, "help.html", texts, None, countries=countries, tell=tell)
