/* SPDX-License-Identifier: MIT */
/* Two processes that are not related: a buffer goes from one to the other by a socket. */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "kinds.h"

static int socket_at(struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd);
	*a = (struct sockaddr_un){.sun_family = AF_UNIX, .sun_path = "/tmp/workload.socket"};
	return fd;
}

/* Takes one buffer from a stranger and uses it as it should. */
void do_serve(void)
{
	char word, control[CMSG_SPACE(sizeof(int))];
	struct iovec v = {&word, 1};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c;
	struct sockaddr_un a;
	int s = socket_at(&a), peer, fd;

	unlink(a.sun_path);
	CHECK(bind(s, (struct sockaddr *)&a, sizeof(a)));
	CHECK(listen(s, 1));
	peer = accept(s, NULL, NULL);
	CHECK(peer);
	CHECK(recvmsg(peer, &m, 0) - 1);
	c = CMSG_FIRSTHDR(&m);
	if (!c)
		die("no descriptor came");
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	live_once(fd, SMALL);
	CHECK(write(peer, &word, 1));
	close(peer);
	close(s);
}

void do_send(void)
{
	char word = 0, control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec v = {&word, 1};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct sockaddr_un a;
	int s = socket_at(&a), fd = dbuf_alloc(SMALL);

	*c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(fd)),
			      .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	CHECK(connect(s, (struct sockaddr *)&a, sizeof(a)));
	CHECK(sendmsg(s, &m, 0));
	CHECK(read(s, &word, 1));
	live_once(fd, SMALL);
	close(s);
}
