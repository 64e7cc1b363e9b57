package org.cupule.machine.device;

import java.util.HashMap;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.event.Event;
import org.osgi.service.event.EventAdmin;

/**
 * Sends how devices come and go to the framework's event admin. A component of its own, so that machines do not depend
 * on an event admin.
 *
 * @threading any thread
 */
@Component(service = DeviceListener.class)
public final class DeviceEventSender implements DeviceListener {
    private final EventAdmin admin;

    /** Made by the component runtime. */
    @Activate
    public DeviceEventSender(@Reference EventAdmin admin) {
        this.admin = admin;
    }

    @Override
    public void changed(DeviceEvent event) {
        Map<String, Object> properties = new HashMap<>();
        properties.put("target", event.target());
        properties.put("model", event.model());
        properties.put("state", event.state().name());
        properties.put("detail", event.detail());
        properties.put("timestamp", event.at().toEpochMilli());
        admin.postEvent(new Event(DeviceEvent.TOPIC + event.state(), properties));
    }
}
