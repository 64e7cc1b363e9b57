package org.cupule.deployer;

import java.net.URI;

/** Reads a plug-in's jar. In its package to reach what is not public. */
public final class FuzzedPluginJar {
    private static final URI WHERE = URI.create("file:/fuzzed.jar");

    private FuzzedPluginJar() {
    }

    /** Reads a jar, and says what it is. @return its name and version */
    public static String read(byte[] bytes) {
        return PluginJar.of(WHERE, bytes).text();
    }
}
