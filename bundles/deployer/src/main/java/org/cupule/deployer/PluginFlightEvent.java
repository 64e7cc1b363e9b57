package org.cupule.deployer;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.cupule.swap.PluginEvent;

/**
 * A plug-in's change of state, for the flight recorder.
 *
 * @threading confined to who records it
 */
@Name("org.cupule.Plugin")
@Label("Plug-in")
@Category("Cupule")
@Description("A plug-in has come to another state on its way in or out")
@StackTrace(false)
final class PluginFlightEvent extends Event {
    @Label("Operation")
    String operation = "";
    @Label("Plug-in")
    String plugin = "";
    @Label("State")
    String state = "";
    @Label("Detail")
    String detail = "";

    static void record(PluginEvent event) {
        var flight = new PluginFlightEvent();
        if (flight.isEnabled()) {
            flight.operation = event.operation();
            flight.plugin = event.plugin();
            flight.state = event.state().name();
            flight.detail = event.detail();
            flight.commit();
        }
    }
}
