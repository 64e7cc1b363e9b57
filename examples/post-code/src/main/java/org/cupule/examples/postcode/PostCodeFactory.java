package org.cupule.examples.postcode;

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.Backend;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * Makes POST-code displays.
 *
 * @threading any thread
 */
@OffersModel(kind = "org.cupule.examples.postcode", name = "post-code", version = "1.0.0")
@Component(service = DeviceFactory.class, configurationPid = "org.cupule.examples.postcode")
@Designate(ocd = PostCodeFactory.Settings.class)
public final class PostCodeFactory implements DeviceFactory {
    private static final ModelInfo INFO = new ModelInfo(PostCode.SCHEMA.kind(), "post-code", "1.0.0",
            "A POST-code display at port 0x80");
    private static final DeviceSpec SPEC = DeviceSpec.of(Window.ports("port", 1, 0x80)).with(Backend.STREAM);

    /** Settings of all displays. */
    @ObjectClassDefinition(name = "POST-code display", description = "What displays of POST codes tell")
    public @interface Settings {
        /** {@return whether a code that is shown already is told again} */
        @AttributeDefinition(name = "Repeats", description = "Whether a code that is shown already is told again")
        boolean repeats() default false;
    }

    private volatile boolean repeats;

    /** Made by the component runtime. */
    @Activate
    public PostCodeFactory(Settings settings) {
        this(settings.repeats());
    }

    PostCodeFactory(boolean repeats) {
        this.repeats = repeats;
    }

    /** New settings hold at once. */
    @Modified
    void modified(Settings settings) {
        repeats = settings.repeats();
    }

    @Override
    public ModelInfo info() {
        return INFO;
    }

    @Override
    public StateSchema schema() {
        return PostCode.SCHEMA;
    }

    @Override
    public DeviceSpec spec() {
        return SPEC;
    }

    @Override
    public Device create(DeviceContext context) {
        return new PostCode(context, () -> repeats);
    }
}
