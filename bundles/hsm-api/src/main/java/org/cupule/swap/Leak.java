package org.cupule.swap;

import java.util.List;

/**
 * What holds the class loader of an uninstalled plug-in.
 *
 * @param plugin
 *            the plug-in: {@code name@version}
 * @param kind
 *            sort of the holder: {@code thread}, {@code thread-local}, {@code timer}, {@code shutdown-hook},
 *            {@code log-handler}, {@code service}, {@code listener}, {@code static}, {@code native}, {@code other}
 * @param path
 *            from a root of the heap to the class loader, one reference a step
 * @param advice
 *            a sentence: what the plug-in has to do when it goes
 * @threading immutable
 */
public record Leak(String plugin, String kind, List<String> path, String advice) {
    /** Copies the list. */
    public Leak {
        path = List.copyOf(path);
    }
}
