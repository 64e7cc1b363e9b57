package org.cupule.deployer;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.cupule.types.HsmException;
import org.osgi.framework.Bundle;

/**
 * Where the jars of bundles came from, and what was in them: the deployer's own by what it read, others by the file
 * that the framework was given.
 *
 * @threading any thread
 */
final class Origins {
    private static final String REFERENCE = "reference:";
    private static final Origin UNKNOWN = new Origin("", "", Optional.empty());

    private final Map<Long, Origin> known = new ConcurrentHashMap<>();

    /**
     * One jar.
     *
     * @param location
     *            its address
     * @param sha256
     *            SHA-256 of it in hexadecimal, empty when it cannot be read
     * @param jar
     *            what was read, so that it can be installed again
     */
    record Origin(String location, String sha256, Optional<PluginJar> jar) {
        static Origin of(PluginJar jar) {
            return new Origin(jar.location().toString(), jar.sha256(), Optional.of(jar));
        }
    }

    void add(Bundle bundle, PluginJar jar) {
        known.put(bundle.getBundleId(), Origin.of(jar));
    }

    void remove(Bundle bundle) {
        known.remove(bundle.getBundleId());
    }

    Origin of(Bundle bundle) {
        return known.computeIfAbsent(bundle.getBundleId(), id -> read(bundle.getLocation()));
    }

    private static Origin read(String location) {
        String address = location.startsWith(REFERENCE) ? location.substring(REFERENCE.length()) : location;
        try {
            return address.startsWith("file:") ? Origin.of(PluginJar.read(URI.create(address))) : UNKNOWN;
        } catch (HsmException | IllegalArgumentException e) {
            return UNKNOWN;
        }
    }
}
