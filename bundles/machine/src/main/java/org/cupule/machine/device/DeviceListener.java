package org.cupule.machine.device;

/**
 * Who wants to know how devices come and go. A service inside this bundle; others take part by the event admin.
 *
 * @threading any thread; returns soon, and calls no machine
 */
public interface DeviceListener {
    /** A device has come to another state. */
    void changed(DeviceEvent event);
}
