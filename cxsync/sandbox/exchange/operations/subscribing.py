"""Subscribe, Unsubscribe (MS-OXWSNTIF): streaming subscriptions only."""

from cxsync.sandbox.exchange.call import Call
from cxsync.sandbox.exchange.soap import M, ResponseError, T, children, failure, response, success
from cxsync.sandbox.exchange.subscriptions import Subscriptions


class Subscribing:
    """The operations, bound to the server's subscriptions."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions

    def subscribe(self, call: Call) -> str:
        """Subscribe."""
        request = call.element[0]
        try:
            if request.tag != f"{M}StreamingSubscriptionRequest":
                raise ResponseError("ErrorInvalidSubscriptionRequest", "Only streaming subscriptions are served here.")
            everything = request.get("SubscribeToAllFolders", "false").strip() in ("true", "1")
            named = children(request, f"{T}FolderIds")
            if everything == bool(named):
                raise ResponseError(
                    "ErrorInvalidSubscriptionRequest", "Name folders, or subscribe to all folders; not both."
                )
            folders = None if everything else frozenset(call.folder(element)[1].number for element in named)
            kinds = frozenset((element.text or "").strip() for element in children(request, f"{T}EventTypes"))
            name = self._subscriptions.add(call.box, call.account, folders, kinds, call.organisation.options)
        except ResponseError as error:
            return response("Subscribe", [failure("Subscribe", error)])
        return response("Subscribe", [success("Subscribe", f"<m:SubscriptionId>{name}</m:SubscriptionId>")])

    def unsubscribe(self, call: Call) -> str:
        """Unsubscribe."""
        name = (call.element.findtext(f"{M}SubscriptionId") or "").strip()
        try:
            self._subscriptions.remove(name, call.account)
        except ResponseError as error:
            return response("Unsubscribe", [failure("Unsubscribe", error)])
        return response("Unsubscribe", [success("Unsubscribe")])
