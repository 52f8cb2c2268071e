"""What stands between the network and the views: connections, bodies, callers, proxies."""
