package org.cupule.deployer;

import java.util.HashMap;
import java.util.Map;
import org.cupule.swap.PluginEvent;
import org.cupule.swap.PluginListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.event.Event;
import org.osgi.service.event.EventAdmin;

/**
 * Sends what happens to plug-ins to the framework's event admin.
 *
 * @threading any thread
 */
@Component(service = PluginListener.class)
public final class EventAdminSender implements PluginListener {
    private final EventAdmin admin;

    /** Made by the component runtime. */
    @Activate
    public EventAdminSender(@Reference EventAdmin admin) {
        this.admin = admin;
    }

    @Override
    public void changed(PluginEvent event) {
        Map<String, Object> properties = new HashMap<>();
        properties.put("operation", event.operation());
        properties.put("plugin", event.plugin());
        properties.put("sha256", event.sha256());
        properties.put("state", event.state().name());
        properties.put("detail", event.detail());
        properties.put("timestamp", event.at().toEpochMilli());
        admin.postEvent(new Event(PluginEvent.TOPIC + event.state(), properties));
    }
}
