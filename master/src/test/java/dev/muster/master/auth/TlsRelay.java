package dev.muster.master.auth;

import dev.muster.common.tls.PinnedTrust;
import dev.muster.common.tls.ServerCertificate;
import dev.muster.common.tls.TlsContexts;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicLong;

/** A man in the middle: TLS with a certificate of its own to the client, TLS to the master. */
final class TlsRelay implements AutoCloseable {
  /** Decrypted bytes that passed through from the master, as evidence that it stood between. */
  final AtomicLong bytesFromMaster = new AtomicLong();

  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Channel listener;

  TlsRelay(ServerCertificate own, int masterPort) {
    SslContext toClient = TlsContexts.server(own);
    SslContext toMaster = TlsContexts.client(new PinnedTrust());
    listener =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel client) {
                    client.pipeline().addLast(toClient.newHandler(client.alloc()));
                    connect(client, toMaster, masterPort);
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
  }

  String address() {
    return "127.0.0.1:" + ((InetSocketAddress) listener.localAddress()).getPort();
  }

  private void connect(Channel client, SslContext toMaster, int masterPort) {
    var unused =
        new Bootstrap()
            .group(client.eventLoop())
            .channel(NioSocketChannel.class)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel master) {
                    master
                        .pipeline()
                        .addLast(toMaster.newHandler(master.alloc(), "127.0.0.1", masterPort))
                        .addLast(new Pass(client, bytesFromMaster));
                    client.pipeline().addLast(new Pass(master, new AtomicLong()));
                    client.config().setAutoRead(true);
                  }
                })
            .connect("127.0.0.1", masterPort);
  }

  @Override
  public void close() {
    loops.shutdownGracefully().awaitUninterruptibly();
  }

  private static final class Pass extends ChannelInboundHandlerAdapter {
    private final Channel to;
    private final AtomicLong bytes;

    Pass(Channel to, AtomicLong bytes) {
      this.to = to;
      this.bytes = bytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof io.netty.buffer.ByteBuf buffer) {
        bytes.addAndGet(buffer.readableBytes());
      }
      var unused = to.writeAndFlush(message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      var unused = to.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      var unused = context.close();
    }
  }
}
