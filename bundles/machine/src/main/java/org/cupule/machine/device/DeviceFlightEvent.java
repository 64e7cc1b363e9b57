package org.cupule.machine.device;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * A device's change of state, for the flight recorder.
 *
 * @threading confined to who records it
 */
@Name("org.cupule.Device")
@Label("Device")
@Category("Cupule")
@Description("A device has come to another state on its way into a machine or out of it")
@StackTrace(false)
final class DeviceFlightEvent extends Event {
    @Label("Target")
    String target = "";
    @Label("Model")
    String model = "";
    @Label("State")
    String state = "";
    @Label("Detail")
    String detail = "";

    static void record(DeviceEvent event) {
        var flight = new DeviceFlightEvent();
        if (flight.isEnabled()) {
            flight.target = event.target();
            flight.model = event.model();
            flight.state = event.state().name();
            flight.detail = event.detail();
            flight.commit();
        }
    }
}
