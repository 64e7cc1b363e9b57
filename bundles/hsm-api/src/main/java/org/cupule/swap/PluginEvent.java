package org.cupule.swap;

import java.time.Instant;

/**
 * A step of a plug-in on its way in or out. Each is sent to the framework's event admin, if there is one, under
 * {@code org/cupule/plugin/STATE}, with the components of this record as properties; and to the flight recorder.
 *
 * @param operation
 *            what was asked for: {@code plug}, {@code swap}, {@code unplug}, {@code restore}, {@code rollback}
 * @param plugin
 *            which one: {@code name@version}; where that is not known yet, the jar's address
 * @param sha256
 *            SHA-256 of its jar, in lower-case hexadecimal; empty when it is not known
 * @param state
 *            the new state
 * @param detail
 *            a sentence for people
 * @param at
 *            when
 * @threading immutable
 */
public record PluginEvent(String operation, String plugin, String sha256, PluginState state, String detail,
        Instant at) {
    /** What the topics of event admin begin with. */
    public static final String TOPIC = "org/cupule/plugin/";
}
